"""REST over HTTP: the stock helper libraries' protocol around `pointsman.api`."""
