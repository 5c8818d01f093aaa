terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 6.0" }
  }
}

provider "aws" {
  region = local.primary_region

  assume_role {
    role_arn = "arn:aws:iam::210987654321:role/terraform"
  }
}

locals {
  name           = "stadium"
  primary_region = "ap-southeast-2"
  regions = {
    sydney = "ap-southeast-2"
    tokyo  = "ap-northeast-1"
    jakarta = "ap-southeast-3"
  }
}

variable "env" {
  type    = string
  default = "prod"
}

variable "tickets_per_minute" {
  type    = number
  default = 9000
}

resource "aws_dynamodb_table" "orders" {
  name             = "${local.name}-orders-${var.env}"
  hash_key         = "order_id"
  billing_mode     = "PAY_PER_REQUEST"
  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES"
  attribute {
    name = "order_id"
    type = "S"
  }

  dynamic "replica" {
    for_each = { for key, region in local.regions : key => region if region != local.primary_region }
    content {
      region_name = replica.value
    }
  }
}

resource "aws_sqs_queue" "refunds" {
  for_each = local.regions
  region   = each.value
  name     = "${local.name}-refunds-${var.env}"
}

module "api" {
  for_each = local.regions
  source   = "./modules/api"
  region   = each.value
  name     = "${local.name}-${var.env}"
}

resource "aws_sns_topic_subscription" "on_call" {
  topic_arn = "arn:aws:sns:ap-southeast-2:210987654321:alarms"
  protocol  = "email"
  endpoint  = "on-call@stadium.example"
}

output "orders" {
  value = aws_dynamodb_table.orders.name
}
