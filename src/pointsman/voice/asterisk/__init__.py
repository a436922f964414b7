"""The provider `asterisk`: somebody's own Asterisk 20 or newer, through its REST interface (ARI)."""
