"""Voice: calls, what runs on them, and the instructions that need one. This is its map.

From the outside in; a module may use those below it, never those above or beside it.

| module | owns |
|---|---|
| `switchboard` | the whole: starts and stops voice, hears the runtime, numbers and caller IDs; `app` makes it |
| `restart` | what becomes of the calls of before a start |
| `staging` | `/pointsman/v1/Voice/Simulator` |
| `numbers_rest`, `caller_ids_rest` (with `verifying`), `calls_rest`, `queues_rest`, `conferences_rest`, `recordings_rest` (with `mp3`) | the resources of those names below `/2010-04-01` |
| `invitations` | participants who are called into a room |
| `announcing` | what is announced to a participant or a conference |
| `old_api` | what all below /2010-04-01 shares: doors, parameters, pages |
| `instructions` | the port of `api.telephony`: each instruction's beginning, its refusals, and supervisors |
| `dequeue`, `meeting` | a worker's call from the ring to the wrap-up: with a caller of a queue, or in the task's room |
| `softphone` | what a worker's softphone registers with |
| `handovers` | what a task that is passed on means for its conference |
| `control` | hold, mute and drop, for the newer SDK |
| `sessions` | one instruction, its reservation and its task |
| `placing` | calls that REST asks for |
| `unhonoured` | which parameters change nothing, so that a warning names them |
| `script` | the TwiML interpreter: one task for each call; redirect = cancel it and start anew |
| `verbs`, `enqueue`, `dial` | what each verb does |
| `desk` | everything asked of the router: tasks, reservations, attributes, alerts |
| `parking`, `rooms` (with `seating`, `room_news`) | live queues and live conferences |
| `waiting` | what somebody hears while he waits |
| `exchange` | live calls: place, answer, play, redirect, end; hears the provider |
| `bridges` | two calls that hear each other |
| `recorder` | recordings: begin, stop, fetch, forget |
| `forgetting` | what is over goes after `POINTSMAN_RETENTION_DAYS` |
| `tolls` | how many calls an account may dial in a minute |
| `lines` | one live call, its mailboxes, and what is told to whoever has it |
| `fetching`, `status` | requests to applications: TwiML, and status callbacks |
| `calls`, `conference`, `queues`, `recordings`, `numbers` | the records: frozen, as REST shows them, and their pure rules |
| `twiml`, `attributes` | text → verbs, safely, and what of them is not carried out here; pure |
| `providers` | which provider POINTSMAN_VOICE names |
| `simulator` (with `phones`, `hearing`), `sip`, `asterisk`, `twilio` | the providers; they know nothing of voice but the port, `pace`, and sounds |
| `provider` | the port |
| `pace` | timers of domain time, and when all is at rest |

For the rest of REST below /2010-04-01: live records are `exchange.lines[sid].call`, `parking.queues()` and
`members()`, `rooms.rooms()` and their `conference` and `participants`; what is over is in the store
(`History.voice_records`, by kind: call, conference, queue, recording, number, caller_id). Calls are made by
`exchange.place` and `start_script`, redirected and ended by `redirect` and `hang_up`; participants are
changed by `rooms.update` and `remove`; numbers kept by `switchboard.put_number`; audio is `exchange.recorder.audio`.

The rules: a status of a call moves in `calls` only. Reservations and tasks change by commands through
`desk`, never otherwise. A call has one owner, a task that ends when the call does. Nobody waits but in a
`pace.Mailbox`, so that a server on a virtual clock knows when all is done. Every request to somebody
else's server goes through `outbound`, with the address rules of webhooks.
"""
