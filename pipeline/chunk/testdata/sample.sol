// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "./Weir.sol";

/// @title A mill
contract Mill is Ownable {
    uint256 public constant STONES = 2;
    mapping(address => uint256) private sacks;
    address owner;

    event Ground(address indexed by, uint256 weight);
    error Dry(uint256 level);

    struct Sack {
        uint256 weight;
    }

    modifier wet() {
        require(level() > 0);
        _;
    }

    constructor(address first) {
        owner = first;
    }

    /**
     * function not_one() of these
     */
    function grind(uint256 weight)
        external
        wet
        returns (uint256)
    {
        sacks[msg.sender] += weight;
        emit Ground(msg.sender, weight);
        return weight;
    }

    receive() external payable {}
}

interface IGrinder {
    function grind(uint256 weight) external returns (uint256);
}

library Weirs {
    function level() internal pure returns (uint256) { return 1; }
}
