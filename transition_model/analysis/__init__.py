"""What runs mean, compared with each other: a layer above single runs."""
