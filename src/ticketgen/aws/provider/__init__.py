"""What the Terraform providers that a stack uses accept: a snapshot of their schemas, and what provider 6 changed."""
