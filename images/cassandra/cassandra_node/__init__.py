"""The start program of a Cassandra node: how it meets the others, what it then starts, and as what.

- `tokens`, `cards`, `deciding`: pure. A number's place in the ring, what nodes tell each other, what follows from it.
- `settings`, `launching`: pure. What the environment asks for; the configuration and the command line of the JVM.
- `record`: what this node has decided once, on its own volume.
- `meeting`: asks the others and answers them until it is decided.
- `__main__`: the edge; ends by becoming the JVM, whose own listener answers from then on.

docs/design/0014-how-cassandra-nodes-meet.md says why.
"""
