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

resource "aws_sfn_state_machine" "verify" {
  name     = "tickets-verification-${var.environment_suffix}"
  role_arn = "arn:aws:iam::123456789012:role/verify"

  definition = jsonencode({
    StartAt = "Done"
    States  = { Done = { Type = "Succeed" } }
  })
}

resource "aws_elasticache_subnet_group" "seats" {
  name       = "tickets-seats-${var.environment_suffix}"
  subnet_ids = ["subnet-0a1b2c3d"]
}

variable "prefix" {
  description = "First part of names, which callers set."
  type        = string
  default     = ""
}

resource "aws_elasticache_parameter_group" "seats" {
  name   = "${var.prefix}-seats-${var.environment_suffix}"
  family = "redis7"
}

resource "aws_iam_role" "verify" {
  name               = coalesce(var.prefix, "*-${var.environment_suffix}")
  assume_role_policy = "{}"
}
