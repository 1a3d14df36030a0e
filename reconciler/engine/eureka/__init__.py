"""Eureka's side of traffic: who is registered there, and taking out of service or putting back.

    answers    pure: what Eureka's answers mean
    client     one bounded request
    follower   asks each place every second in a thread of its own; carries out what the plan wants

Before: the loop says which applications to follow and where. After: `Observed.registered`.
Never here: registering, renewing or removing anybody's lease. Instances do that themselves.
"""
