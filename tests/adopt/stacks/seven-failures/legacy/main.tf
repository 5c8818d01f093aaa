provider "aws" {
  region = "us-east-1"
}

resource "aws_sqs_queue" "orders" {
  name = "concert-hall-tickets-orders"
}
