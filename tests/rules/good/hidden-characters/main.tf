terraform {
  required_version = ">= 1.9.0"
}

# The role of the checkout, only for the administrators: Zürich, 東京, Москва, می‌خواهم, 5 µs, Δt.
locals {
  role   = "buyer"
  table  = "tickets 🎟️ 👩‍💻"
  suffix = "tables"
}

output "names" {
  description = "For tests of the stack."
  value       = [local.role, local.table, local.suffix]
}
