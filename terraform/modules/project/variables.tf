variable "file" {
  description = "Path of lockage.yaml."
  type        = string
}

variable "environment" {
  description = "Which of its environments. The registry's part is the same whichever it is."
  type        = string
}
