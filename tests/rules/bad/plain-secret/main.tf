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
  default     = "a1b2c3d4e5f6"
}

resource "aws_rds_cluster" "sales" {
  cluster_identifier = "tickets-sales-${var.environment_suffix}"
  engine             = "aurora-postgresql"
  master_username    = "postgres"
  master_password    = "correct-horse-battery"
  storage_encrypted  = true
}

resource "aws_ssm_parameter" "pms" {
  name  = "tickets-pms-${var.environment_suffix}"
  type  = "SecureString"
  value = var.pms_api_key
}

locals {
  uploader = { id = "AKIAABCDEFGHIJKLMNOP" }
}

output "sales" {
  description = "The database and its uploader."
  value       = [aws_rds_cluster.sales.arn, local.uploader.id]
}
