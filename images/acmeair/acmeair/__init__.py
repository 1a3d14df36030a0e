"""What the Acme Air tiers share: HTTP on both sides, Eureka, balancing, Cassandra, the errors that users see."""
