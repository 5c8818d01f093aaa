terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.60" }
  }
  backend "s3" {}
}

variable "application" { type = string }
variable "environment" { type = string }
variable "account_id" { type = string }
variable "primary_region" { type = string }
variable "replica_regions" { type = list(string) }
variable "api_rate_limit" { type = number }
variable "retention_days" { type = number }

variable "allowed_origins" {
  type    = list(string)
  default = []
}

provider "aws" {
  region              = var.primary_region
  allowed_account_ids = [var.account_id]
}

locals {
  name        = "${var.application}-${var.environment}"
  common_tags = { Team = "box-office", Environment = var.environment }
}

resource "aws_dynamodb_table" "events" {
  name                        = "${local.name}-events"
  hash_key                    = "event_id"
  range_key                   = "item"
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = var.environment == "production" ? true : false
  tags                        = local.common_tags
  attribute {
    name = "event_id"
    type = "S"
  }
  attribute {
    name = "item"
    type = "S"
  }
  dynamic "replica" {
    for_each = toset(var.replica_regions)
    content {
      region_name = replica.key
    }
  }
}

resource "aws_apigatewayv2_api" "tickets" {
  name          = "${local.name}-api"
  protocol_type = "HTTP"
  cors_configuration {
    allow_origins = var.allowed_origins
  }
}

resource "aws_apigatewayv2_stage" "live" {
  api_id = aws_apigatewayv2_api.tickets.id
  name   = "$default"
  default_route_settings {
    throttling_rate_limit  = var.api_rate_limit
    throttling_burst_limit = 100
  }
}

resource "aws_apigatewayv2_route" "purchase" {
  api_id             = aws_apigatewayv2_api.tickets.id
  route_key          = "POST /purchase"
  authorization_type = "AWS_IAM"
}

resource "aws_cloudwatch_log_group" "api_access" {
  name              = "/aws/apigateway/${local.name}"
  retention_in_days = var.retention_days
}

output "table" {
  value = aws_dynamodb_table.events.name
}

output "api" {
  value = aws_apigatewayv2_api.tickets.api_endpoint
}
