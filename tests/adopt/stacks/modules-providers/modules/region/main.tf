terraform {
  required_providers {
    aws = {
      source                = "hashicorp/aws"
      configuration_aliases = [aws.peer]
    }
  }
}

variable "name" {
  type = string
}

variable "stage" {
  type = string
}

variable "is_home" {
  type    = bool
  default = false
}

locals {
  hold_minutes = 8
}

resource "aws_dynamodb_table" "seats" {
  name             = "${var.name}-seats"
  hash_key         = "event_shard"
  range_key        = "seat_id"
  billing_mode     = "PAY_PER_REQUEST"
  stream_enabled   = true
  stream_view_type = "NEW_AND_OLD_IMAGES"
  attribute {
    name = "event_shard"
    type = "S"
  }
  attribute {
    name = "seat_id"
    type = "S"
  }
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_dynamodb_table" "audit" {
  count        = var.is_home ? 1 : 0
  name         = "${var.name}-audit"
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"
  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_kinesis_stream" "sales" {
  name        = "${var.name}-sales"
  shard_count = 3
}

resource "aws_timestreamwrite_database" "audit" {
  count         = var.is_home ? 1 : 0
  database_name = "${var.name}-audit"
}

resource "aws_timestreamwrite_table" "corrections" {
  count         = var.is_home ? 1 : 0
  database_name = aws_timestreamwrite_database.audit[0].database_name
  table_name    = "corrections"
}

resource "aws_elasticache_replication_group" "seats" {
  replication_group_id = "seats-${var.stage}"
  description          = "Seat maps."
  engine               = "valkey"
}

resource "aws_cognito_user_pool" "buyers" {
  name = "${var.name}-buyers"
}

resource "aws_apigatewayv2_api" "tickets" {
  name          = "${var.name}-api"
  protocol_type = "HTTP"
  cors_configuration {
    allow_origins = ["https://festival.example.com", "https://www.festival.example.com"]
  }
}

resource "aws_apigatewayv2_route" "purchase" {
  api_id             = aws_apigatewayv2_api.tickets.id
  route_key          = "POST /purchase"
  authorization_type = "JWT"
}

resource "aws_apigatewayv2_route" "health" {
  api_id    = aws_apigatewayv2_api.tickets.id
  route_key = "GET /health"
}

resource "aws_sqs_queue" "peer_events" {
  provider = aws.peer
  name     = "${var.name}-peer-events"
}
