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

resource "aws_route53_record" "api" {
  zone_id = "Z0123456789"
  name    = "api-${var.environment_suffix}"
  type    = "A"
  ttl     = 60
  records = ["gateway.example.com"]
}
