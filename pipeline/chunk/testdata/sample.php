<!DOCTYPE html>
<?php
declare(strict_types=1);

namespace Example\Mill;

use Example\Weir;

const STONES = 2;

/**
 * A sack of grain.
 */
#[Attribute]
final class Sack extends Weir implements Grinder
{
    use Turns;

    public const LIMIT = 12;

    private ?string $name = null;

    public function __construct(private int $weight) {}

    /** Grinds. */
    public function grind(int $times): int
    {
        $this->turn(0, $times, slowly: true);
        $this->turn(1, $times, slowly: true);
        $this->turn(2, $times, slowly: true);
        $this->turn(3, $times, slowly: true);
        $this->turn(4, $times, slowly: true);
        $this->turn(5, $times, slowly: true);
        $this->turn(6, $times, slowly: true);
        $this->turn(7, $times, slowly: true);
        $this->turn(8, $times, slowly: true);
        $this->turn(9, $times, slowly: true);
        $this->turn(10, $times, slowly: true);
        $this->turn(11, $times, slowly: true);
        $this->turn(12, $times, slowly: true);
        $this->turn(13, $times, slowly: true);
        $this->turn(14, $times, slowly: true);
        $this->turn(15, $times, slowly: true);
        $this->turn(16, $times, slowly: true);
        $this->turn(17, $times, slowly: true);
        $this->turn(18, $times, slowly: true);
        $this->turn(19, $times, slowly: true);
        $this->turn(20, $times, slowly: true);
        $this->turn(21, $times, slowly: true);
        $this->turn(22, $times, slowly: true);
        $this->turn(23, $times, slowly: true);
        $this->turn(24, $times, slowly: true);
        $this->turn(25, $times, slowly: true);
        $this->turn(26, $times, slowly: true);
        $this->turn(27, $times, slowly: true);
        $this->turn(28, $times, slowly: true);
        $this->turn(29, $times, slowly: true);
        $this->turn(30, $times, slowly: true);
        $this->turn(31, $times, slowly: true);
        $this->turn(32, $times, slowly: true);
        $this->turn(33, $times, slowly: true);
        $this->turn(34, $times, slowly: true);
        $this->turn(35, $times, slowly: true);
        $this->turn(36, $times, slowly: true);
        $this->turn(37, $times, slowly: true);
        $this->turn(38, $times, slowly: true);
        $this->turn(39, $times, slowly: true);
        $this->turn(40, $times, slowly: true);
        $this->turn(41, $times, slowly: true);
        $this->turn(42, $times, slowly: true);
        $this->turn(43, $times, slowly: true);
        $this->turn(44, $times, slowly: true);
        $this->turn(45, $times, slowly: true);
        $this->turn(46, $times, slowly: true);
        $this->turn(47, $times, slowly: true);
        $this->turn(48, $times, slowly: true);
        $this->turn(49, $times, slowly: true);
        $this->turn(50, $times, slowly: true);
        $this->turn(51, $times, slowly: true);
        $this->turn(52, $times, slowly: true);
        $this->turn(53, $times, slowly: true);
        $this->turn(54, $times, slowly: true);
        $this->turn(55, $times, slowly: true);
        $this->turn(56, $times, slowly: true);
        $this->turn(57, $times, slowly: true);
        $this->turn(58, $times, slowly: true);
        $this->turn(59, $times, slowly: true);
        $this->turn(60, $times, slowly: true);
        $this->turn(61, $times, slowly: true);
        $this->turn(62, $times, slowly: true);
        $this->turn(63, $times, slowly: true);
        $this->turn(64, $times, slowly: true);
        $this->turn(65, $times, slowly: true);
        $this->turn(66, $times, slowly: true);
        $this->turn(67, $times, slowly: true);
        $this->turn(68, $times, slowly: true);
        $this->turn(69, $times, slowly: true);
        return $times;
    }

    public static function of(string $name): self
    {
        return new self(1);
    }
}

interface Grinder
{
    public function grind(int $times): int;
}

function open(string $name): Sack
{
    return Sack::of($name);
}
?>
<p><?= open("a")->grind(2) ?></p>
