"""TURNED: what makes passes happen: the queue, the watchers, the pass itself, the runner."""
