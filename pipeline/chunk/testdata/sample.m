// Copyright The Millers.
#import <Foundation/Foundation.h>
#import "Weir.h"

#define STONES 2

typedef NS_ENUM(NSInteger, Side) {
    SideUpper,
    SideLower,
};

@protocol Grinder <NSObject>
- (void)grind:(Sack *)sack;
@end

/// Grinds.
@interface Mill : NSObject <Grinder>
@property (nonatomic, copy) NSString *name;
- (instancetype)initWithName:(NSString *)name;
+ (Mill *)shared;
@end

static int turn(int times) {
    return times;
}

@implementation Mill

- (instancetype)initWithName:(NSString *)name
{
    if (self = [super init]) {
        _name = name;
    }
    return self;
}

+ (Mill *)shared {
    return nil;
}

- (void)grind:(Sack *)sack slowly:(BOOL)slowly {
    turn(1);
}

@end
