# Copyright The Millers.
#Requires -Version 7
using namespace System.IO

<#
function Not-One { }
#>
function Open-Gate {
    [CmdletBinding()]
    param(
        [string]$Name,
        [int]$Height = 1
    )
    if ($Height -gt 0) {
        Write-Output $Name
    }
    else {
        throw "closed"
    }
}

class Mill {
    [int]$Stones

    Mill([int]$stones) {
        $this.Stones = $stones
    }

    [int] Grind([Sack]$sack) {
        return $sack.Weight
    }
}

enum Side { Upper; Lower }

filter Select-Sack { $_ }

$limit = 10
Open-Gate -Name 'mill'
