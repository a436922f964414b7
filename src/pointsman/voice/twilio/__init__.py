"""The provider `twilio`: the original's own telephone network as the carrier of our calls."""
