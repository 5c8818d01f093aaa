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
  alias  = "us_east_1"
  region = "us-east-1"
}

provider "aws" {
  alias  = "eu_west_1"
  region = "eu-west-1"
}

variable "environment_suffix" {
  description = "Suffix of every name."
  type        = string
  default     = "dev"
}

module "us_east_1" {
  source    = "./modules/region"
  providers = { aws = aws.us_east_1 }

  region             = "us-east-1"
  environment_suffix = var.environment_suffix
}

module "eu_west_1" {
  source    = "./modules/region"
  providers = { aws = aws.eu_west_1 }

  region             = "eu-west-1"
  environment_suffix = var.environment_suffix
}
