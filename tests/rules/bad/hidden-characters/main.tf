terraform {
  required_version = ">= 1.9.0"
}

# The role of the checkout.‮ only for the administrators⁦
locals {
  role   = "buyer​"
  table  = "tickets"
  suffix = "tаbles"
}

output "names" {
  description = "For tests of the stack."
  value       = [local.role, local.table, local.suffix]
}
