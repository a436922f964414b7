"""The indexes of matching: eligibility is evaluated when a worker or a queue changes, never per task.

`roster` sorts workers into classes, `line` pairs cells of waiting tasks with classes of ready workers,
`heaps` are the bricks. All can be rebuilt from the records; none is stored.
"""
