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

provider "aws" {
  alias  = "replica"
  region = "eu-west-1"
}

locals {
  zones = ["eu-west-1a", "eu-west-1b"]
}

resource "aws_vpc" "stack" {
  provider   = aws.replica
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "private" {
  provider          = aws.replica
  vpc_id            = aws_vpc.stack.id
  cidr_block        = "10.0.1.0/24"
  availability_zone = local.zones[0]
}
