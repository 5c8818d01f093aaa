"""Tools of the suites: Terraform's expressions, its plan, and a cloud in which the stack's code runs."""
