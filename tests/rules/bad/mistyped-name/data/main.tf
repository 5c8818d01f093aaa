terraform {
  required_version = ">= 1.9.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

variable "environment_suffix" {
  description = "Suffix of every name."
  type        = string
  default     = "dev"
}

resource "aws_dynamodb_table" "sales" {
  name         = "tickets-sales-${var.environment_suffix}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "sale_id"

  attribute {
    name = "sale_id"
    type = "S"
  }

  server_side_encryption {
    enabled = true
  }
}

output "sales_table_name" {
  description = "Name of the table of sales."
  value       = aws_dynamodb_table.sales.name
}
