"""The keyspace and its tables, as CQL. Pure.

`airport_code_mapping` is one partition, written last and at once, with the days that are loaded: where there is
something in it, all of the rest is there. `flight_segment` has what all its flights share. `flight`: a partition for
each airport of departure, so that few writes load it; in it each segment's rows in order of departure, since the id
begins with it. `booking`: a partition for each customer, so that both legs and the record of the request that made them
are one conditional write; `kind` is `b` for a booking and `r` for such a record.
"""

TABLES = {
    "airport_code_mapping": """
        network text, airport_code text, airport_name text, city text, country text, first_day text static,
        last_day text static, PRIMARY KEY (network, airport_code)""",
    "flight_segment": """
        origin_port text, dest_port text, id text, miles int, economy_class_base_cost int, first_class_base_cost int,
        num_economy_class_seats int, num_first_class_seats int, airplane_type_id text,
        PRIMARY KEY (origin_port, dest_port)""",
    "flight": """
        origin_port text, flight_segment_id text, id text, scheduled_departure_time timestamp,
        scheduled_arrival_time timestamp, PRIMARY KEY (origin_port, flight_segment_id, id)""",
    "customer": """
        id text PRIMARY KEY, password text, status text, total_miles int, miles_ytd int, phone_number text,
        phone_number_type text, street_address1 text, street_address2 text, city text, state_province text,
        country text, postal_code text""",
    "customer_session": """
        id text PRIMARY KEY, customerid text, last_accessed_time timestamp, timeout_time timestamp""",
    "booking": """
        customer_id text, kind text, id text, flight_id text, flight_segment_id text, date_of_booking timestamp,
        request text, other_id text, PRIMARY KEY (customer_id, kind, id)""",
}


def keyspace(replication: int, data_centre: str) -> str:
    """Replicas in as many racks as there are."""
    quoted = data_centre.replace("'", "''")
    options = f"{{'class': 'NetworkTopologyStrategy', '{quoted}': {replication}}}"
    return f"CREATE KEYSPACE IF NOT EXISTS acmeair WITH replication = {options}"


# How long a node waits for the replica that it asked before it asks another one. The default is a percentile of what it
# has seen, so a node that has just come back waits a second or two, as long as a web instance has patience with auth.
SPECULATIVE = "speculative_retry = '100ms'"


def tables() -> list[str]:
    """One statement for each table."""
    columns = {name: " ".join(text.split()) for name, text in TABLES.items()}
    return [f"CREATE TABLE IF NOT EXISTS acmeair.{name} ({text}) WITH {SPECULATIVE}" for name, text in columns.items()]
