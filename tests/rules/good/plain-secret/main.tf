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

variable "pms_api_key" {
  description = "API key of the system of record."
  type        = string
  sensitive   = true
}

resource "aws_rds_cluster" "sales" {
  cluster_identifier          = "tickets-sales-${var.environment_suffix}"
  engine                      = "aurora-postgresql"
  master_username             = "postgres"
  manage_master_user_password = true
  storage_encrypted           = true
}

resource "aws_ssm_parameter" "pms" {
  name  = "tickets-pms-${var.environment_suffix}"
  type  = "SecureString"
  value = var.pms_api_key
}

resource "aws_ssm_parameter" "later" {
  name  = "tickets-later-${var.environment_suffix}"
  type  = "SecureString"
  value = "set by hand"

  lifecycle {
    ignore_changes = [value]
  }
}

output "sales" {
  description = "The database."
  value       = aws_rds_cluster.sales.arn
}
