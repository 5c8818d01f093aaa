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

resource "aws_vpc" "stack" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_security_group" "functions" {
  name   = "tickets-functions-${var.environment_suffix}"
  vpc_id = aws_vpc.stack.id
}

resource "aws_security_group" "redis" {
  name   = "tickets-redis-${var.environment_suffix}"
  vpc_id = aws_vpc.stack.id
}

resource "aws_vpc_security_group_ingress_rule" "redis" {
  security_group_id            = aws_security_group.redis.id
  referenced_security_group_id = aws_security_group.functions.id
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
}

resource "aws_vpc_security_group_egress_rule" "redis" {
  security_group_id            = aws_security_group.functions.id
  referenced_security_group_id = aws_security_group.redis.id
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
}
