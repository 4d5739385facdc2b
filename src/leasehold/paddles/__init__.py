"""paddles' node API over the lab: for clients that know paddles and nothing of us."""
