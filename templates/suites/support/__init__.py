"""What the suites read the stack with: Terraform's expressions, its plan, and a cloud to run the code in."""
