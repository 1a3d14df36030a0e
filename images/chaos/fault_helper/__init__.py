"""What runs in a helper container: one fault to one victim, done on word and undone on word, on SIGTERM, at its end.

Before: the director of `reconciler chaos`, or a cleaner, over standard input and output. After: the kernel.
Standard library only, and little of it: a helper has to stand there fast. Each kind's modules are imported by it
alone. The words, one JSON object a line:

    it says     ready                   staged: nothing is felt yet
                bites, detail           in force, and seen to be
                healed                  undone; it ends with exit code 0
                fails, problem          it could not be done; undone as far as possible; exit code 1 (2: bad settings)
    it is told  {"do": "bite"}, {"do": "heal"}
    net only    {"do": "rules", "drops": [...]}       instead of those before; answered by bites while it bites
                {"do": "probe", "round", "to"}        datagrams, one way; no answer
                {"do": "heard", "round"}              -> heard, round, from
                {"do": "connect", "to"}               -> connected, to: [address, port, open | refused | silent]
                {"do": "resolve", "name"?}            -> resolved, answered
                {"do": "lossy", "to"?}                -> lossy, sent, dropped, share

`flush` and `thaw` wait for no word. That nobody speaks any more is no end: whoever held it may be dead.
"""
