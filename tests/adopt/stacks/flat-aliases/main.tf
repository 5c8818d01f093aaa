terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.60" }
  }
  backend "s3" {
    bucket         = "arena-terraform"
    key            = "tickets.tfstate"
    region         = "us-east-1"
    dynamodb_table = "arena-terraform-locks"
  }
}

provider "aws" {
  region = "us-east-1"
  default_tags {
    tags = {
      Owner       = "ticketing"
      CostCenter  = "4711"
      Environment = var.environment
    }
  }
}

provider "aws" {
  alias  = "ireland"
  region = "eu-west-1"
}

provider "aws" {
  alias  = "certificates"
  region = "us-west-1"
}

locals {
  app_name = "arena-tickets"
}

variable "environment" {
  type    = string
  default = "staging"
  validation {
    condition     = contains(["staging", "prod"], var.environment)
    error_message = "Unknown environment."
  }
}

resource "aws_dynamodb_table" "tickets" {
  name                        = "${local.app_name}-inventory-${var.environment}"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "event_id"
  range_key                   = "seat_id"
  stream_enabled              = true
  stream_view_type            = "NEW_AND_OLD_IMAGES"
  deletion_protection_enabled = var.environment == "prod"
  attribute {
    name = "event_id"
    type = "S"
  }
  attribute {
    name = "seat_id"
    type = "S"
  }
  replica {
    region_name = "eu-west-1"
  }
}

resource "aws_dynamodb_table" "locks" {
  name         = "${local.app_name}-seat-locks-${var.environment}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "lock_key"
  attribute {
    name = "lock_key"
    type = "S"
  }
}

resource "aws_api_gateway_rest_api" "east" {
  name = "${local.app_name}-${var.environment}"
}

resource "aws_api_gateway_rest_api" "ireland" {
  provider = aws.ireland
  name     = "${local.app_name}-${var.environment}"
}

resource "aws_api_gateway_resource" "purchase" {
  rest_api_id = aws_api_gateway_rest_api.east.id
  parent_id   = aws_api_gateway_rest_api.east.root_resource_id
  path_part   = "purchase"
}

resource "aws_api_gateway_method" "purchase" {
  rest_api_id   = aws_api_gateway_rest_api.east.id
  resource_id   = aws_api_gateway_resource.purchase.id
  http_method   = "POST"
  authorization = "AWS_IAM"
}

resource "aws_api_gateway_method" "purchase_options" {
  rest_api_id   = aws_api_gateway_rest_api.east.id
  resource_id   = aws_api_gateway_resource.purchase.id
  http_method   = "OPTIONS"
  authorization = "NONE"
}

resource "aws_api_gateway_method_settings" "all" {
  rest_api_id = aws_api_gateway_rest_api.east.id
  stage_name  = "live"
  method_path = "*/*"
  settings {
    throttling_rate_limit  = 1575
    throttling_burst_limit = 800
  }
}

resource "aws_acm_certificate" "api" {
  provider          = aws.certificates
  domain_name       = "tickets.example.com"
  validation_method = "DNS"
}

resource "aws_s3_bucket" "posters" {
  bucket = "${local.app_name}-posters-${var.environment}"
}

output "table" {
  value = aws_dynamodb_table.tickets.name
}

output "api" {
  value = aws_api_gateway_rest_api.east.id
}
