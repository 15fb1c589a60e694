# The mill's machines.
terraform {
  required_version = ">= 1.5"
}

variable "wheels" {
  type    = number
  default = 3 // one for each stone
}

# Where the water of gate 0 goes.
resource "mill_gate" "gate_0" {
  name   = "gate-0-${var.wheels}"
  height = 0
  tags = {
    weir  = "upper"
    owner = "miller"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# Where the water of gate 1 goes.
resource "mill_gate" "gate_1" {
  name   = "gate-1-${var.wheels}"
  height = 1
  tags = {
    weir  = "upper"
    owner = "miller"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# Where the water of gate 2 goes.
resource "mill_gate" "gate_2" {
  name   = "gate-2-${var.wheels}"
  height = 2
  tags = {
    weir  = "upper"
    owner = "miller"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# Where the water of gate 3 goes.
resource "mill_gate" "gate_3" {
  name   = "gate-3-${var.wheels}"
  height = 3
  tags = {
    weir  = "upper"
    owner = "miller"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# Where the water of gate 4 goes.
resource "mill_gate" "gate_4" {
  name   = "gate-4-${var.wheels}"
  height = 4
  tags = {
    weir  = "upper"
    owner = "miller"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# Where the water of gate 5 goes.
resource "mill_gate" "gate_5" {
  name   = "gate-5-${var.wheels}"
  height = 5
  tags = {
    weir  = "upper"
    owner = "miller"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# Where the water of gate 6 goes.
resource "mill_gate" "gate_6" {
  name   = "gate-6-${var.wheels}"
  height = 6
  tags = {
    weir  = "upper"
    owner = "miller"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# Where the water of gate 7 goes.
resource "mill_gate" "gate_7" {
  name   = "gate-7-${var.wheels}"
  height = 7
  tags = {
    weir  = "upper"
    owner = "miller"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# Where the water of gate 8 goes.
resource "mill_gate" "gate_8" {
  name   = "gate-8-${var.wheels}"
  height = 8
  tags = {
    weir  = "upper"
    owner = "miller"
  }
  lifecycle {
    prevent_destroy = true
  }
}

output "water" {
  value = mill_gate.gate_0.name
}
