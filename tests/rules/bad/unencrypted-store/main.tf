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

resource "aws_kinesis_stream" "ledger" {
  name = "tickets-ledger-${var.environment_suffix}"

  stream_mode_details {
    stream_mode = "ON_DEMAND"
  }
}

resource "aws_elasticache_replication_group" "seats" {
  replication_group_id       = "tickets-seats-${var.environment_suffix}"
  description                = "Seats"
  engine                     = "redis"
  node_type                  = "cache.m7g.large"
  num_cache_clusters         = 2
  at_rest_encryption_enabled = true
}

output "stream_name" {
  description = "For tests of the stack."
  value       = aws_kinesis_stream.ledger.name
}

output "redis_endpoint" {
  description = "For tests of the stack."
  value       = aws_elasticache_replication_group.seats.primary_endpoint_address
}
