provider "aws" {
  region  = "us-east-1"
  profile = "shop"
}

provider "aws" {
  alias  = "west"
  region = "us-west-2"
}

variable "environment_suffix" {
  default = "dev"
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_security_group" "functions" {
  name   = "concert-hall-tickets-functions-${var.environment_suffix}"
  vpc_id = aws_vpc.main.id
}

resource "aws_security_group" "redis" {
  name   = "concert-hall-tickets-redis-${var.environment_suffix}"
  vpc_id = aws_vpc.main.id
}

resource "aws_vpc_security_group_ingress_rule" "redis" {
  security_group_id            = aws_security_group.redis.id
  referenced_security_group_id = aws_security_group.functions.id
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
}

resource "aws_lambda_function" "purchase" {
  function_name = "concert-hall-tickets-purchase"
  role          = aws_iam_role.purchase.arn
  runtime       = "python3.13"
  handler       = "purchase.handler"
  filename      = "lambda/purchase.zip"
}

resource "aws_iam_role" "purchase" {
  name               = "concert-hall-tickets-purchase-${var.environment_suffix}"
  assume_role_policy = "{}"
}

resource "aws_dynamodb_table" "tickets" {
  name         = "concert-hall-tickets-seats-${var.environment_suffix}"
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"
  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_dynamodb_table" "tickets_west" {
  provider     = aws.west
  name         = "concert-hall-tickets-seats-${var.environment_suffix}"
  hash_key     = "id"
  billing_mode = "PAY_PER_REQUEST"
  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_appsync_graphql_api" "tickets" {
  name                = "concert-hall-tickets-${var.environment_suffix}"
  authentication_type = "API_KEY"
}

resource "aws_instance" "bastion" {
  ami           = "ami-12345678"
  instance_type = "t3.micro"
}
