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

resource "aws_api_gateway_rest_api" "tickets" {
  name = "tickets-${var.environment_suffix}"
}

resource "aws_api_gateway_resource" "holds" {
  rest_api_id = aws_api_gateway_rest_api.tickets.id
  parent_id   = aws_api_gateway_rest_api.tickets.root_resource_id
  path_part   = "holds"
}

resource "aws_api_gateway_method" "hold" {
  rest_api_id   = aws_api_gateway_rest_api.tickets.id
  resource_id   = aws_api_gateway_resource.holds.id
  http_method   = "POST"
  authorization = "AWS_IAM"
}

resource "aws_api_gateway_method" "preflight" {
  rest_api_id   = aws_api_gateway_rest_api.tickets.id
  resource_id   = aws_api_gateway_resource.holds.id
  http_method   = "OPTIONS"
  authorization = "NONE"
}

resource "aws_api_gateway_deployment" "tickets" {
  rest_api_id = aws_api_gateway_rest_api.tickets.id
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id   = aws_api_gateway_rest_api.tickets.id
  deployment_id = aws_api_gateway_deployment.tickets.id
  stage_name    = var.environment_suffix
}

resource "aws_api_gateway_method_settings" "all" {
  rest_api_id = aws_api_gateway_rest_api.tickets.id
  stage_name  = aws_api_gateway_stage.live.stage_name
  method_path = "*/*"

  settings {
    throttling_rate_limit  = 100
    throttling_burst_limit = 50
  }
}

output "api_gateway_url" {
  description = "For tests of the stack."
  value       = aws_api_gateway_stage.live.invoke_url
}
