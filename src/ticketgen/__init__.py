"""Turn one YAML spec into a verified Terraform stack for a ticketing marketplace."""
