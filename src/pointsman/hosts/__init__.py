"""The original's host names on this machine, for programs that cannot be told another address.

Three nouns: which `names` there are, the `certificates` that make a client believe them, and the
`lines` of a hosts file that lead them here. The rule: what was done here can be undone without a
trace. Nothing here serves anything.
"""
