"""Voice: calls, what runs on them, and the instructions that need one. This is its map.

From the outside in; a module may use those below it, never those above or beside it.

| module | owns |
|---|---|
| `switchboard` | the whole: hears the provider's events and the runtime's, starts and stops voice |
| `rest/` | the paths below /2010-04-01, `/pointsman/v1/TwiML` and `/twiml/EH…`: only `Exchange`'s operations and records |
| `instructions`, `dequeue`, `rooms` … | dequeue, call, redirect, conference, supervise: what each does to calls and to the reservation |
| `script`, `verbs` … | the TwiML interpreter: one task per call; redirect = cancel it and start anew |
| `exchange` | all live calls, queues and conferences, and the operations on them: place, redirect, end, bridge, list |
| `calls`, `conference`, `queues`, `recordings` | the records: frozen, as REST shows them; which status may follow which |
| `twiml` | text → verbs, safely; pure |
| `fetching`, `status` | requests to applications: TwiML, and status callbacks |
| `provider` | the port; `simulator` (with `phones`, `hearing`), `sip`, `asterisk`, `twilio` implement it and know nothing else of voice but `pace` and `sounds` |
| `sounds`, `speech`, `music` | what is said, fetched and made → WAV files, for providers that need files |
| `pace` | timers of domain time, and when all is at rest |

The rules: a provider's method is called by `exchange` only. A status of a call moves in `calls` only.
Reservations and tasks change by commands through the runtime, never here. Nobody waits but in a
`pace.Mailbox`, so that a server on a virtual clock knows when all is done. Every request to somebody
else's server goes through `outbound`, with the address rules of webhooks.
"""
