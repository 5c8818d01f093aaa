variable "region" {
  type = string
}

variable "name" {
  type = string
}

resource "aws_lambda_function" "book_seat" {
  region                         = var.region
  function_name                  = "${var.name}-book-seat"
  role                           = "arn:aws:iam::210987654321:role/book"
  runtime                        = "python3.13"
  handler                        = "book.handler"
  filename                       = data.archive_file.book.output_path
  reserved_concurrent_executions = 150

  environment {
    variables = {
      MAX_SEATS_PER_ORDER = "6"
      HOLD_TTL_SECONDS    = "420"
      BOX_OFFICE_URL      = "https://boxoffice.stadium.example/v2"
    }
  }
}

data "archive_file" "book" {
  type        = "zip"
  output_path = "${path.module}/book-${var.region}.zip"
  source {
    filename = "book.py"
    content  = <<-PYTHON
      def handler(event, context):
          return {"statusCode": 200}
    PYTHON
  }
}

resource "aws_lambda_function_url" "book_seat" {
  region             = var.region
  function_name      = aws_lambda_function.book_seat.function_name
  authorization_type = "NONE"
}
