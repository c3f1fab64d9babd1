"""Stand-ins for what a script of the tree talks to. Each keeps the state that the real one would keep, so that final
states can be compared; none of them proves anything about the real one."""
