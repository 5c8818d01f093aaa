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
  engine_version              = "16.6"
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
  engine_version              = "16.8"
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
  node_type                  = "cache.m7g.large"
  num_cache_clusters         = 2
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
}

output "stores" {
  description = "For tests of the stack."
  value       = [aws_rds_cluster.sales.arn, aws_db_instance.reports.arn, aws_elasticache_replication_group.seats.arn]
}
