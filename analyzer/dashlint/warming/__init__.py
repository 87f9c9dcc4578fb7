"""Which requests of a dashboard are worth a warm cache, and what warms them. Plans only: nothing is sent."""
