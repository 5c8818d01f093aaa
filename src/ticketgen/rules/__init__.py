"""The rules: faults in Terraform that is otherwise valid. One module per rule."""
