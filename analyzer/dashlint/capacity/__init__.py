"""How a Superset has to be run for its dashboards and the people who look at them."""
