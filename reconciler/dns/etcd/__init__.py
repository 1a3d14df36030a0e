"""The names of an environment in etcd v3, as SkyDNS v2 messages that a CoreDNS serves.

Reading order: address (the option's value), layout (a Record as keys and values), wanted and mirror (what should be
there, what is), ledger (the difference), gateway and watching (etcd on the wire), keeper (the thread that mends), names
(the port). Never here: deciding which names there should be, and answering questions.
"""
