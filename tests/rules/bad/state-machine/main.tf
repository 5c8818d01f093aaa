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
  name     = "tickets-verify-${var.environment_suffix}"
  role_arn = "arn:aws:iam::123456789012:role/verify"

  definition = jsonencode({
    StartAt = "Wait"
    States = {
      Wait = {
        Type    = "Wait"
        Seconds = 10
        Next    = "Verifier"
      }
      Verify = {
        Type     = "Task"
        Resource = "arn:aws:lambda:us-east-1:123456789012:function:verify"
        End      = true
      }
    }
  })
}
