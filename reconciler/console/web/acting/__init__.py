"""Pages that change something: a wish is read, shown with its plan, and carried out; faults, zones, tasks."""
