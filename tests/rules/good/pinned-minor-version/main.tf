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

resource "aws_rds_cluster" "sales" {
  cluster_identifier          = "tickets-sales-${var.environment_suffix}"
  engine                      = "aurora-postgresql"
  engine_version              = "17"
  master_username             = "ticketing"
  manage_master_user_password = true
  storage_encrypted           = true
  skip_final_snapshot         = true
}

resource "aws_rds_cluster_instance" "sales" {
  count = 2

  identifier         = "tickets-sales-${var.environment_suffix}-${count.index}"
  cluster_identifier = aws_rds_cluster.sales.id
  engine             = aws_rds_cluster.sales.engine
  engine_version     = aws_rds_cluster.sales.engine_version
  instance_class     = "db.r7g.large"
}

resource "aws_db_instance" "reports" {
  identifier                  = "tickets-reports-${var.environment_suffix}"
  engine                      = "postgres"
  engine_version              = "17"
  instance_class              = "db.t4g.small"
  allocated_storage           = 20
  username                    = "reports"
  manage_master_user_password = true
  storage_encrypted           = true
  skip_final_snapshot         = true
}

resource "aws_elasticache_replication_group" "seats" {
  replication_group_id       = "tickets-seats-${var.environment_suffix}"
  description                = "Seats"
  engine                     = "valkey"
  engine_version             = "8.0"
  auto_minor_version_upgrade = false
  node_type                  = "cache.m7g.large"
  num_cache_clusters         = 2
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
}

# Redis OSS 7.1 is the last of its major version.
resource "aws_elasticache_replication_group" "sessions" {
  replication_group_id       = "tickets-sessions-${var.environment_suffix}"
  description                = "Sessions"
  engine                     = "redis"
  engine_version             = "7.1"
  node_type                  = "cache.m7g.large"
  num_cache_clusters         = 2
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
}

# Upgraded outside Terraform.
resource "aws_db_instance" "ledger" {
  identifier                  = "tickets-ledger-${var.environment_suffix}"
  engine                      = "mysql"
  engine_version              = "8.0.40"
  instance_class              = "db.t4g.small"
  allocated_storage           = 20
  username                    = "ledger"
  manage_master_user_password = true
  storage_encrypted           = true
  skip_final_snapshot         = true

  lifecycle {
    ignore_changes = [engine_version]
  }
}

output "stores" {
  description = "For tests of the stack."
  value       = [aws_rds_cluster.sales.arn, aws_db_instance.reports.arn, aws_db_instance.ledger.arn, aws_elasticache_replication_group.seats.arn, aws_elasticache_replication_group.sessions.arn]
}
