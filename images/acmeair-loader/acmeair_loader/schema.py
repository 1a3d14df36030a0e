"""The keyspace and its tables, as CQL. Pure.

`flight_segment` has what all its flights share. `flight`: a partition for each segment, rows in order of departure,
since the id begins with it. `booking`: a partition for each customer, so that both legs and the record of the request
that made them are one conditional write; `kind` is `b` for a booking and `r` for such a record.
"""

TABLES = {
    "airport_code_mapping": """
        airport_code text PRIMARY KEY, airport_name text, city text, country text""",
    "flight_segment": """
        origin_port text, dest_port text, id text, miles int, economy_class_base_cost int, first_class_base_cost int,
        num_economy_class_seats int, num_first_class_seats int, airplane_type_id text,
        PRIMARY KEY (origin_port, dest_port)""",
    "flight": """
        flight_segment_id text, id text, scheduled_departure_time timestamp, scheduled_arrival_time timestamp,
        PRIMARY KEY (flight_segment_id, id)""",
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


def tables() -> list[str]:
    """One statement for each table."""
    return [f"CREATE TABLE IF NOT EXISTS acmeair.{name} ({' '.join(text.split())})" for name, text in TABLES.items()]
